export interface Tally {
  report(outcome: 'passed' | 'failed' | 'skipped', name: string, detail?: string): void;
  ended(name: string, result: { code: number; out: string; err: string }, seconds?: string): void;
  close(): void;
}
export function createTally(): Tally;
