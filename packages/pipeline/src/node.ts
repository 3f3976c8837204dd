export { renderOverlayPng } from './overlay-node.js';
