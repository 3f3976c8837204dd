import { detectorSpecs, parseDetectorConfig } from '@crrg/detector';
import { parseRclipConfig, rclipSpecs } from '@crrg/rclip';
import { baseSpecs, parseReportGenConfig } from '@crrg/report-gen';
import { prefixSpecs, type ParameterSpecs } from '@crrg/tensor';

/** Networks that may stand alone in a bundle: its configuration names which. */
export const PARTS = ['detector', 'resnet50', 'gpt2', 'bert', 'image-encoder'] as const;

/** One of {@link PARTS}. */
export type Part = (typeof PARTS)[number];

/** True for one of {@link PARTS}. */
export function isPart(value: unknown): value is Part {
  return (PARTS as readonly unknown[]).includes(value);
}

/** The trunk without its one-channel stem, which torchvision's file cannot fill. */
function trunkSpecs(config: unknown): ParameterSpecs {
  const specs = Object.entries(detectorSpecs(parseDetectorConfig(config)));
  return Object.fromEntries(
    specs.filter(([name]) => name.startsWith('backbone.') && name !== 'backbone.conv1.weight'),
  );
}

/** One encoder of R-CLIP. */
function encoderSpecs(name: 'imageEncoder' | 'textEncoder', config: unknown): ParameterSpecs {
  const specs = Object.entries(rclipSpecs(parseRclipConfig(config)));
  return Object.fromEntries(specs.filter(([parameter]) => parameter.startsWith(`${name}.`)));
}

/** Parameters of a part under the names that the whole model gives them. */
export function partSpecs(part: Part, config: Readonly<Record<string, unknown>>): ParameterSpecs {
  if (part === 'gpt2') return prefixSpecs('reportGen', baseSpecs(parseReportGenConfig(config['reportGen'])));
  if (part === 'bert') return encoderSpecs('textEncoder', config['rclip']);
  if (part === 'image-encoder') return encoderSpecs('imageEncoder', config['rclip']);
  if (part === 'resnet50') return prefixSpecs('detector', trunkSpecs(config['detector']));
  return prefixSpecs('detector', detectorSpecs(parseDetectorConfig(config['detector'])));
}
