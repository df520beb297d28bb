/** A GPU, as `nvidia-smi` describes it. What it does not tell is undefined. */
export interface GpuFigures {
  readonly index: number;
  readonly uuid: string;
  readonly name: string;
  /** 0 to 1. */
  readonly utilization: number | undefined;
  readonly memoryUsedBytes: number | undefined;
  readonly memoryTotalBytes: number | undefined;
  readonly powerWatts: number | undefined;
  readonly powerLimitWatts: number | undefined;
  readonly temperatureCelsius: number | undefined;
}

export const gpuQuery = [
  '--query-gpu=index,uuid,name,utilization.gpu,memory.used,memory.total,power.draw,power.limit,temperature.gpu',
  '--format=csv,noheader,nounits',
] as const;

const gpusMax = 64;
const bytesPerMebibyte = 2 ** 20;

/** Reads what `nvidia-smi` answers to `gpuQuery`; a line that is not a GPU is left out. */
export function parseGpuCsv(text: string): GpuFigures[] {
  return text
    .split('\n')
    .map(parseLine)
    .filter((gpu) => gpu !== undefined)
    .slice(0, gpusMax);
}

function parseLine(line: string): GpuFigures | undefined {
  const [index = '', uuid = '', name = '', ...figures] = line.split(',').map((cell) => cell.trim());
  if (!/^\d{1,3}$/.test(index) || uuid === '') return undefined;
  const [percent, usedMebibytes, totalMebibytes, watts, limitWatts, celsius] = figures.map(figureOf);
  return {
    index: Number(index),
    uuid,
    name,
    utilization: times(percent, 0.01),
    memoryUsedBytes: times(usedMebibytes, bytesPerMebibyte),
    memoryTotalBytes: times(totalMebibytes, bytesPerMebibyte),
    powerWatts: watts,
    powerLimitWatts: limitWatts,
    temperatureCelsius: celsius,
  };
}

/** `[N/A]` and `[Not Supported]` stand where a GPU does not tell. */
function figureOf(text: string): number | undefined {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

function times(figure: number | undefined, factor: number): number | undefined {
  return figure === undefined ? undefined : figure * factor;
}
