import type { Outcome } from './page';

/** Sends a film to the server. */
export async function reportOnServer(film: File): Promise<Outcome> {
  const body = new FormData();
  body.set('film', film);
  const response = await fetch('/api/report', { method: 'POST', body });
  const answer = (await response.json()) as Outcome | { readonly error: string };
  if ('error' in answer) throw new Error(answer.error);
  return answer;
}
