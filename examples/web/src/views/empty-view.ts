import { html, nothing } from 'lit-html';
import type { Actions } from '../actions.js';
import { SAMPLE } from '../sample.js';
import type { State } from '../state.js';
import { megabytes } from '../words.js';
import { fileButton } from './file-button.js';
import { problemView } from './problem-view.js';

function readinessView({ readiness, worksOffline }: State, actions: Actions) {
  switch (readiness.is) {
    case 'idle':
      return html`<p class="readiness">Starting the engine.</p>`;
    case 'loading':
      return html`<p class="readiness">
        <label for="weights-progress">Loading weights</label>
        <progress id="weights-progress" max=${readiness.total} .value=${readiness.loaded}></progress>
        <span class="number">${megabytes(readiness.loaded)} of ${megabytes(readiness.total)} MB</span>
      </p>`;
    case 'ready':
      return html`<p class="readiness is-ready">
        Ready. A film takes a few seconds. ${worksOffline ? 'Also without a network.' : nothing}
      </p>`;
    case 'failed':
      return problemView(
        readiness.problem,
        html`
          <button type="button" class="button" @click=${() => void actions.prepare()}>Try again</button>
        `,
      );
  }
}

/** Before the first film. */
export function emptyView(state: State, actions: Actions) {
  return html`
    <div class="empty">
      <section class="intro" aria-labelledby="intro-title">
        <h2 id="intro-title">Drop a chest film.<br />Read what a model says of each region.</h2>
        <p class="lead">
          The film is read here, on this device, and is sent nowhere. Every sentence stands beside the place
          that it is about, and what speaks against the answer is said first.
        </p>
        <div class="drop-zone">
          <p class="drop-title">A frontal film: PNG, JPEG or DICOM</p>
          <p class="drop-how">Drop it anywhere on this page, paste it, or</p>
          <div class="buttons">
            ${fileButton('Choose a file', actions)}
            <button type="button" class="button" @click=${() => actions.openSample()}>
              Try the sample film
            </button>
          </div>
          ${readinessView(state, actions)}
        </div>
        ${
          state.settings.model
            ? nothing
            : html`<p class="weights-note">
                <strong>Demonstration weights.</strong> The model (crrg-tiny) is far too small, and trained on
                far too little, to be believed about any film. It was trained to speak of the two lungs.
              </p>`
        }
      </section>
      <figure class="sample">
        <button type="button" @click=${() => actions.openSample()}>
          <img src=${SAMPLE.href} alt="The sample film, a chest radiograph." width="512" height="512" />
          <span class="sample-call">Read this film</span>
        </button>
        <figcaption>Sample film: ${SAMPLE.source}</figcaption>
      </figure>
    </div>
  `;
}
