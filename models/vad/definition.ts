import { defineModel } from '../define.js';

/** Finds speech in 16 kHz mono audio: Silero VAD v5, an LSTM that carries its state from window to window. */
export default defineModel({
  name: 'vad',
  graphs: {
    vad: {
      from: 'npm:@ricky0123/vad-web/dist/silero_vad_v5.onnx',
      sha256: '2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f',
      // the graph's own shapes say nothing; at 16 kHz it takes 64 samples of context and 512 new ones
      signature: {
        inputs: [
          { name: 'input', datatype: 'FP32', shape: [-1, 576] },
          { name: 'state', datatype: 'FP32', shape: [2, -1, 128] },
          { name: 'sr', datatype: 'INT64', shape: [] },
        ],
        outputs: [
          { name: 'output', datatype: 'FP32', shape: [-1, 1] },
          { name: 'stateN', datatype: 'FP32', shape: [2, -1, 128] },
        ],
      },
      // one window of one recording: the next one needs its state
      largest: { input: [1, 576], state: [2, 1, 128], sr: [] },
    },
  },
  // generated inputs would have no sampling rate that it takes
  examples: 'sample.wav',
  handler: { name: 'vad', version: 1 },
  settings: {
    startThreshold: 0.5,
    endThreshold: 0.35,
    minSpeechMs: 250,
    minSilenceMs: 100,
    padMs: 30,
  },
  placement: { tiers: ['edge', 'origin'] },
  deadlineMs: 30_000,
});
