const STAGES: Readonly<Record<string, string>> = {
  preprocess: 'Preparing the picture',
  detector: 'Finding regions',
  regionSelector: 'Choosing what to describe',
  reportGen: 'Writing sentences',
  assemble: 'Putting the report together',
  classifier: 'Classifying',
};

export const stageTitle = (stage: string) => STAGES[stage] ?? stage;

export const percent = (share: number) => `${Math.round(100 * share)} %`;

export const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

export const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

export const count = (amount: number, one: string, many = `${one}s`) =>
  `${amount} ${amount === 1 ? one : many}`;
