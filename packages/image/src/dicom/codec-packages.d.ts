/* eslint-disable @typescript-eslint/consistent-type-imports -- an ambient module can refer to a type no other way */
declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  const createModule: import('./codecs.js').CreateCodecModule;
  export default createModule;
}
declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  const createModule: import('./codecs.js').CreateCodecModule;
  export default createModule;
}
declare module '@cornerstonejs/codec-openjph/wasmjs' {
  const createModule: import('./codecs.js').CreateCodecModule;
  export default createModule;
}
declare module '@cornerstonejs/codec-charls/decodewasm' {
  const wasmBinary: Uint8Array;
  export default wasmBinary;
}
declare module '@cornerstonejs/codec-openjpeg/decodewasm' {
  const wasmBinary: Uint8Array;
  export default wasmBinary;
}
declare module '@cornerstonejs/codec-openjph/wasm' {
  const wasmBinary: Uint8Array;
  export default wasmBinary;
}
