import { html, nothing } from 'lit-html';
import type { Problem } from '../problem.js';

/** An error: what was found, and what to do. */
export const problemView = ({ title, what, advice, where }: Problem, actions: unknown = nothing) => html`
  <div class="problem" role="alert">
    <h3>${title}</h3>
    <p>${what}</p>
    ${advice ? html`<p class="advice">${advice}</p>` : nothing}
    <div class="buttons">${actions}</div>
    ${where ? html`<p class="where">Said by <code>${where}</code></p>` : nothing}
  </div>
`;
