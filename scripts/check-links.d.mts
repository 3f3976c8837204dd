export interface Target {
  target: string;
  line: number;
}
export function readMarkdown(text: string): { anchors: Set<string>; links: Target[]; paths: Target[] };
export function citationsOf(text: string, fileName?: string): Target[];
export function checkLinks(root: string): string[];
