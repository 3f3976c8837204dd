// A candidate, its references, and their scores by the reference programs (pycocoevalcap, METEOR 1.5 without paraphrases).
export const candidates = [
  "THE CARDIOMEDIASTINAL SILHOUETTE IS STABLE. HYPERINFLATED LUNGS WITH FLATTENING OF THE DIAPHRAGMS, CONSISTENT WITH COPD/EMPHYSEMA. PULMONARY VASCULARITY IS WITHIN NORMAL LIMITS. LEFT-SIDED EFFUSION, UNCHANGED. SURGICAL CLIPS PROJECT OVER THE RIGHT UPPER QUADRANT. PNEUMONIA CAN'T BE EXCLUDED.",
];

export const references = [
  [
    'The aorta is tortuous and calcified. Mass-like opacity, 3.9 x 5.6 cm, projects over the left hilum. Small bilateral pleural effusions are unchanged. No acute bony abnormality.',
    'The aorta is tortuous and calcified. Mass-like opacity, 3.9 x 5.6 cm, projects over the left hilum. The lungs are clear. Small bilateral pleural effusions are stable. Surgical clips project over the left upper quadrant.',
    'The aorta is tortuous and calcification. hilum Mass-like opacities, 3.9 x 5.6 cm, projects over the left. Small bilateral pleural effusions are unchanged. Degenerative changes of the thoracic spine. No acute acute bony abnormality.',
  ],
];

const expected = {
  bleu1: 0.378378378368152,
  bleu4: 0.13353491599402653,
  rougeL: 0.2791762013729977,
  cider: 0,
  meteor: 0.14932958587914738,
};

/** What `totals` gets wrong, as text; '' where nothing. */
export function findDisagreement(totals) {
  return Object.entries(expected)
    .filter(([name, value]) => !(Math.abs(totals[name] - value) < 1e-12))
    .map(([name, value]) => `${name}: expected ${value}, got ${totals[name]}`)
    .join('; ');
}
