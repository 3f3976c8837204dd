import type { Random } from '@crrg/core';
import type { Study } from '@crrg/rclip';
import { regionPhrases } from './label-phrases.js';
import type { PneumoniaFilm } from './pneumonia-films.js';

/** What an impression may say of each label, in our own words. */
const IMPRESSIONS: Readonly<Record<string, readonly string[]>> = {
  'No Finding': [
    'No acute disease of the chest.',
    'Normal chest film.',
    'No evidence of pneumonia.',
    'Nothing acute is seen.',
  ],
  Pneumonia: [
    'Findings suggest pneumonia.',
    'Probable pneumonia.',
    'Suspected infection of the lung.',
    'The opacity is most likely pneumonia.',
  ],
  Bacterial: ['The pattern favours a bacterial cause.', 'Dense opacity as in bacterial infection.'],
  Viral: ['The pattern favours a viral cause.', 'Diffuse markings as in viral infection.'],
  Infiltration: ['Infiltrates as described.', 'Ill-defined infiltrates.'],
  Atelectasis: ['Likely atelectasis.', 'Areas of atelectasis.'],
  Effusion: ['Pleural effusion.', 'Fluid in the pleural space.'],
  Edema: ['Pulmonary edema.', 'Signs of fluid overload.'],
  Consolidation: ['Consolidation.', 'Airspace consolidation.'],
  Pleural_Thickening: ['Pleural thickening.'],
  Nodule: ['Pulmonary nodule; follow-up is advised.'],
  Mass: ['Mass; further imaging is advised.'],
  Cardiomegaly: ['Enlarged heart.', 'Cardiomegaly.'],
  Pneumothorax: ['Pneumothorax.'],
  Fibrosis: ['Fibrotic changes.'],
  Emphysema: ['Emphysema.'],
};

/**
 * A film with a report made up from its weak labels: findings in the words of the tiny report model's phrases, and an impression.
 * Each section has a second wording, drawn anew, where a study of real reports has a back-translation.
 * @param random decides the wording
 */
export function weakStudy(film: PneumoniaFilm, random: Random): Study<PneumoniaFilm> {
  const write = () => [findings(film.labels, random), impression(film.labels, random)];
  return {
    id: film.file,
    images: [{ image: film, view: film.view }],
    sections: write(),
    backTranslations: write(),
  };
}

/** Every sentence once: what the tokeniser learns from. */
export function allImpressions(): string[] {
  return Object.values(IMPRESSIONS).flat();
}

function findings(labels: readonly string[], random: Random): string {
  const phrases = regionPhrases(labels, random).flatMap((said) => (said ? [said.phrase] : []));
  return [...new Set(phrases)].join(' ');
}

function impression(labels: readonly string[], random: Random): string {
  const sentences = labels.flatMap((label) => {
    const wordings = IMPRESSIONS[label];
    return wordings ? [wordings[random.integer(wordings.length)]!] : [];
  });
  return random.shuffle(sentences).join(' ');
}
