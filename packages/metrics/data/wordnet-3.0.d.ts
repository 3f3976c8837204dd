/** `wordnet-3.0.bin` in base64. */
declare const base64: string;
export default base64;
