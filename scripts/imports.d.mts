export interface Import {
  specifier: string;
  kind: 'value' | 'type' | 'dynamic';
}
export function importsOf(text: string, fileName?: string): Import[];
export function filesUnder(folder: string, extensions?: RegExp): string[];
