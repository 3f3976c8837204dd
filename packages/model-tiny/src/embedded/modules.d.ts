/** Files of a bundle in base64 by path: what the build puts in place of `FOLDER.embedded`. */
declare module '*.embedded' {
  const files: Readonly<Record<string, string>>;
  export default files;
}
