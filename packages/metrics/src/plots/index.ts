export { renderCalibrationSvg, type CalibrationSeries } from './calibration.js';
export { renderConfusionSvg, type ConfusionPlotOptions } from './confusion.js';
export {
  renderPrecisionRecallSvg,
  renderRocSvg,
  type PlotOptions,
  type PrecisionRecallSeries,
  type RocSeries,
} from './curves.js';
export { renderLinesSvg, type LineSeries, type LinesPlotOptions } from './lines.js';
