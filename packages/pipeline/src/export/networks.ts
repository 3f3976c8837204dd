import { parseDetectorConfig, traceBackboneAndRpn, traceTopRegions } from '@crrg/detector';
import { traceImageStage, traceTextStage, type RclipConfig } from '@crrg/rclip';
import { parseRegionSelectorConfig, traceRegionSelector } from '@crrg/region-selector';
import { HIDDEN_SCORE, parseReportGenConfig, traceDecodeStep, tracePrefill } from '@crrg/report-gen';
import type { Graph } from '@crrg/tensor';
import { ConfigError, type Size } from '@crrg/core';
import { parseRclipManifest } from '../models/rclip-model.js';
import type { ExportSource } from './exported-weights.js';

/** Likeliest tokens that a step gives: twice the beams of a report. */
const CANDIDATES = 8;

/** A network of a model, to be traced when it is exported. */
export interface Network {
  /** Of its file, without extension. */
  readonly name: string;
  /** What it does and how its inputs are made, for whoever runs it. */
  readonly does: string;
  /** Start of the names of its parameters in the bundle, which its graph has not. */
  readonly prefix: string;
  readonly trace: () => Graph;
}

function detectorNetworks(json: unknown): Network[] {
  const config = parseDetectorConfig(json);
  const size: Size = { height: config.imageSize, width: config.imageSize };
  return [
    {
      name: 'detector-backbone',
      does: 'Features, and objectness and offsets of every anchor (y, x, ratio, size), of normalised grey images. Decode the offsets on the anchors, clip, keep the preNms best, suppress overlaps above nmsIouThreshold, keep the postNms best: config.detector.rpn.evaluation.',
      prefix: 'detector.',
      trace: () => traceBackboneAndRpn(config, size),
    },
    {
      name: 'detector-regions',
      does: 'For the image number image[0] and its boxes (x1, y1, x2, y2 in input pixels): the best box of every region (indices, and offsets with weights 10, 10, 5, 5), whether the region is detected, its score and its features.',
      prefix: 'detector.',
      trace: () => traceTopRegions(config, size),
    },
  ];
}

function reportNetworks(config: Readonly<Record<string, unknown>>): Network[] {
  const selector = parseRegionSelectorConfig(config['regionSelector']);
  const language = parseReportGenConfig(config['reportGen']);
  const candidates = Math.min(CANDIDATES, language.vocabSize);
  return [
    ...detectorNetworks(config['detector']),
    {
      name: 'region-selector',
      does: `Logits of "gets a sentence" and "is abnormal" of region features; a region is chosen above ${selector.thresholdLogit} where it is detected.`,
      prefix: 'regionSelector.',
      trace: () => traceRegionSelector(selector),
    },
    {
      name: 'generator-prefill',
      does: 'The column of keys and values that region features give in every layer, as the past block of the cache and, since no block may be empty, once more as the recent one, where it must be hidden. Run once a sentence.',
      prefix: 'reportGen.',
      trace: () => tracePrefill(language),
    },
    {
      name: 'generator-step',
      does: `One token for Q beams of each of S sentences: visibility is 0 where a beam sees a column of the cache (past, recent, then the Q tokens themselves) and ${HIDDEN_SCORE} elsewhere, positionId the number of earlier tokens; gives the ${candidates} likeliest next tokens with their log-probabilities, and the recent block with Q more columns. The first token is ${language.bosTokenId}, ${language.eosTokenId} ends a sentence.`,
      prefix: 'reportGen.',
      trace: () => traceDecodeStep(language, candidates),
    },
  ];
}

function rclipNetworks(config: RclipConfig): Network[] {
  const image: Network = {
    name: 'image-encoder',
    does: `Of normalised images in three channels: features${config.textEncoder ? ', embeddings of unit length' : ''}${config.probe ? ', and logits of the probe (probability = sigmoid(logit / temperature), config.rclip.probe.temperatures)' : ''}.`,
    prefix: '',
    trace: () => traceImageStage(config),
  };
  if (!config.textEncoder) return [image];
  return [
    image,
    {
      name: 'text-encoder',
      does: 'Embeddings of unit length of texts: token ids with [CLS] and [SEP], attentionMask 1 for real tokens and 0 for the padding behind them.',
      prefix: '',
      trace: () => traceTextStage(config),
    },
  ];
}

/** The networks of a model. @throws {ConfigError} for a part that computes nothing alone */
export function networksOf({ kind, manifest }: ExportSource): Network[] {
  const { config } = manifest;
  if (kind === 'report-model') return reportNetworks(config);
  if (kind === 'detector') return detectorNetworks(config['detector']);
  if (kind === 'contrastive' || kind === 'classifier') return rclipNetworks(parseRclipManifest(manifest));
  throw new ConfigError(
    `pipeline.exportModel: \`to\` onnx: expected a whole model or a detector, got ${manifest.name}, which is a ${kind} for training; use safetensors.`,
  );
}
