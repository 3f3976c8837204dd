'use client';

import type { Report } from '@crrg/pipeline/browser';
import { useState, type FormEvent } from 'react';
import { reportHere } from './report-here';
import { reportOnServer } from './report-on-server';
import { ReportView } from './report-view';

/** A report and its picture, as the address of an image. */
export interface Outcome {
  readonly report: Report;
  readonly overlay: string;
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'busy'; readonly where: string }
  | { readonly kind: 'done'; readonly outcome: Outcome }
  | { readonly kind: 'failed'; readonly message: string };

export default function Page() {
  const [state, setState] = useState<State>({ kind: 'idle' });

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const film = data.get('film') as File;
    const onDevice = data.get('where') === 'device';
    setState({ kind: 'busy', where: onDevice ? 'on this device' : 'on the server' });
    try {
      setState({ kind: 'done', outcome: await (onDevice ? reportHere(film) : reportOnServer(film)) });
    } catch (error) {
      setState({ kind: 'failed', message: error instanceof Error ? error.message : String(error) });
    }
  }

  const isBusy = state.kind === 'busy';
  return (
    <main>
      <h1>Report on a chest radiograph</h1>
      <form onSubmit={submit}>
        <label>
          Film (PNG, JPEG or DICOM) <input type="file" name="film" required />
        </label>
        <fieldset>
          <legend>Where it is read</legend>
          <label>
            <input type="radio" name="where" value="server" defaultChecked /> on the server
          </label>
          <label>
            <input type="radio" name="where" value="device" /> on this device: the film does not leave it
          </label>
        </fieldset>
        <button disabled={isBusy}>Report</button>
      </form>
      <p role="status">{isBusy ? `Reading the film ${state.where} ...` : ''}</p>
      {state.kind === 'failed' && <p role="alert">{state.message}</p>}
      {state.kind === 'done' && <ReportView {...state.outcome} />}
      <footer>Research software, not a medical device. Demonstration weights.</footer>
    </main>
  );
}
