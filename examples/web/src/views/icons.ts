import { svg } from 'lit-html';

const icon = (content: unknown) =>
  svg`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">${content}</svg>`;

export const sunIcon = icon(
  svg`<circle cx="10" cy="10" r="3.4"/><path d="M10 2v2M10 16v2M2 10h2M16 10h2M4.3 4.3l1.4 1.4M14.3 14.3l1.4 1.4M4.3 15.7l1.4-1.4M14.3 5.7l1.4-1.4"/>`,
);
export const moonIcon = icon(svg`<path d="M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7z"/>`);
export const halfIcon = icon(
  svg`<circle cx="10" cy="10" r="7"/><path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor"/>`,
);
export const slidersIcon = icon(
  svg`<path d="M3 6h7M14 6h3M3 14h3M10 14h7"/><circle cx="12" cy="6" r="2"/><circle cx="8" cy="14" r="2"/>`,
);
export const warningIcon = icon(svg`<path d="M10 3 18 17H2z"/><path d="M10 8v4M10 14.4v.1"/>`);
export const stopIcon = icon(svg`<rect x="5.5" y="5.5" width="9" height="9" rx="1"/>`);
export const closeIcon = icon(svg`<path d="M5 5l10 10M15 5 5 15"/>`);
export const fileIcon = icon(svg`<path d="M5 2.5h7l3.5 3.5v11.5H5z"/><path d="M12 2.5V6h3.5"/>`);
