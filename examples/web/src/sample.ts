/** A film that comes with the page. */
export const SAMPLE = {
  name: 'nih-00001749_003.jpg',
  href: 'films/nih-00001749_003.jpg',
  source: 'NIH ChestX-ray14, NIH Clinical Center',
};

export async function fetchSample(): Promise<File> {
  const response = await fetch(SAMPLE.href);
  if (!response.ok) throw new Error(`The sample film could not be fetched (${response.status}).`);
  return new File([await response.blob()], SAMPLE.name);
}
