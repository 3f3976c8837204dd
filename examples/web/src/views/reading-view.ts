import { html, nothing } from 'lit-html';
import { ref } from 'lit-html/directives/ref.js';
import type { Actions } from '../actions.js';
import { saveJson, saveOverlay, saveText } from '../downloads.js';
import type { State } from '../state.js';
import { capitalised, count, megabytes, stageTitle } from '../words.js';
import { answersView } from './answers-view.js';
import { classificationView } from './classification-view.js';
import { doubtsView } from './doubts-view.js';
import { fileButton } from './file-button.js';
import { filmView } from './film-view.js';
import { findingsView } from './findings-view.js';
import { stopIcon } from './icons.js';
import { problemView } from './problem-view.js';
import { provenanceView } from './provenance-view.js';
import { regionsView } from './regions-view.js';

/** The button that was pressed is gone: the keyboard goes on at the film that is read. */
const takeFocus = (heading: Element | undefined) =>
  (heading as HTMLElement | undefined)?.focus({ preventScroll: true });

function progressView({ reading, readiness }: State) {
  if (readiness.is === 'loading')
    return html`<label for="progress">Loading weights</label>
      <progress id="progress" max=${readiness.total} .value=${readiness.loaded}></progress>
      <span class="number">${megabytes(readiness.loaded)} of ${megabytes(readiness.total)} MB</span>`;
  const what =
    reading.phase === 'opening' ? 'Opening the file' : stageTitle(reading.stage ?? 'Waiting for the engine');
  return html`<label for="progress">${what}</label><progress id="progress"></progress>`;
}

function barView(state: State, actions: Actions) {
  const { phase, fileName, findings, report } = state.reading;
  const isBusy = phase === 'opening' || phase === 'reading';
  const said = {
    read: html`${capitalised(count(findings.length, 'region'))} described by ${weightsView(state)}`,
    stopped: 'Stopped',
    refused: 'Not read',
  };
  return html`
    <div class="report-bar">
      <div>
        <h2 tabindex="-1" title=${fileName} ${ref(takeFocus)}>${fileName}</h2>
        <p class="phase">${isBusy ? nothing : said[phase as keyof typeof said]}</p>
      </div>
      <div class="buttons">
        ${
          isBusy
            ? html`<button type="button" class="button" @click=${() => actions.stop()}>
                ${stopIcon} Stop
              </button>`
            : fileButton('Another film', actions, report ? '' : 'primary')
        }
        ${
          phase === 'stopped'
            ? html`<button type="button" class="button" @click=${() => actions.readAgain()}>
                Read it again
              </button>`
            : nothing
        }
      </div>
      ${isBusy ? html`<p class="progress">${progressView(state)}</p>` : nothing}
    </div>
  `;
}

/** Which weights speak, in every view of a report. */
function weightsView({ settings, reading }: State) {
  const name = reading.report?.provenance.model.name;
  if (settings.model) return name ?? 'weights of your own';
  return html`${name ?? 'crrg-tiny'}, <strong>demonstration weights</strong>`;
}

const refusedHelp = (actions: Actions) => html`
  <button type="button" class="button" @click=${() => actions.openSample()}>Try the sample film</button>
`;

function downloadsView({ report, film }: State['reading']) {
  if (!report || !film) return nothing;
  return html`
    <div class="downloads" role="group" aria-labelledby="downloads-title">
      <span id="downloads-title">Save as</span>
      <button type="button" class="button" @click=${() => saveText(report)}>Text</button>
      <button type="button" class="button" @click=${() => saveJson(report)}>JSON</button>
      <button type="button" class="button" @click=${() => saveOverlay(report, film)}>Overlay (SVG)</button>
    </div>
  `;
}

/** A film and what is known of it. */
export function readingView(state: State, actions: Actions) {
  const { reading } = state;
  const { phase, problem } = reading;
  return html`
    <div class="reading" data-phase=${phase} ?data-blind=${phase === 'refused' && !reading.film}>
      ${filmView(state, actions)}
      <section class="report" aria-label="Report" aria-busy=${phase === 'reading' || phase === 'opening'}>
        ${barView(state, actions)} ${problem ? problemView(problem, refusedHelp(actions)) : nothing}
        ${doubtsView(reading.doubts, phase)} ${findingsView(state, actions)} ${downloadsView(reading)}
        ${classificationView(state, actions)} ${answersView(state)} ${regionsView(state, actions)}
        ${provenanceView(reading)}
      </section>
    </div>
  `;
}
