/** The text of `wordnet-3.0.txt`. */
declare const text: string;
export default text;
