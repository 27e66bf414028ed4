/**
 * The probe page: loads the subject named in its URL, runs it on every input, posts the result, and loads the next one.
 *
 * @typedef {{batch?: number}} Options of an engine, with others that its module reads; batch: inputs of a run, default 1
 *
 * @typedef {{file: string, input: string, output: string, suite: string}} Subject an ONNX file, the names of its input and
 *   output, and the key of its inputs
 * @typedef {{file: string, shape: number[]}} Suite inputs, float32, with their number first in the shape
 *
 * @typedef {Object} Job the content of job.json
 * @property {{options: Options, probe: string, version: string}} engine
 * @property {Subject[]} subjects
 * @property {Record<string, Suite>} suites
 * @property {{runs: number, milliseconds: number}} times the most of timed runs
 *
 * @typedef {Object} Session
 * @property {(data: Float32Array<ArrayBuffer>, dimensions: number[]) => Promise<Float32Array<ArrayBuffer>>} run
 * @property {() => Promise<void>} close
 *
 * @typedef {Object} Engine a module in engines/
 * @property {(options: Options) => Promise<string | null>} unavailable the reason why it cannot run here
 * @property {(options: Options) => Promise<Record<string, string | number>>} describe facts of it
 * @property {(subject: Subject, shape: number[], options: Options) => Promise<Session>} open `shape` of one input
 */

/** Clocks are as coarse as a millisecond, so several runs are timed together, this long. */
const SAMPLE_MS = 10;

const job = /** @type {Job} */ (await (await fetch("job.json")).json());
const index = Number(new URLSearchParams(location.search).get("subject") ?? -1);
const { options, probe, version } = job.engine;
const engine = /** @type {Engine} */ (await import(`./engines/${probe}.js`));

if (index === -1) await begin();
else if (index < job.subjects.length) await probeSubject(job.subjects[index]);
else await post("finished");

/** Post the facts of engine and browser, then start the first subject. */
async function begin() {
  const reason = await engine.unavailable(options);
  if (reason) {
    await post("unavailable", JSON.stringify({ reason }));
    return;
  }
  const facts = { version, userAgent: navigator.userAgent, ...(await engine.describe(options)) };
  await post("engine", JSON.stringify(facts));
  next();
}

/** @param {Subject} subject */
async function probeSubject(subject) {
  await post("start");
  /** @type {Awaited<ReturnType<typeof measure>> | {error: string}} */
  let result;
  try {
    result = await measure(subject, job.suites[subject.suite]);
  } catch (error) {
    result = { error: describe(error) };
  }
  await post("done", JSON.stringify(result));
  next();
}

/**
 * Post the logits of every input, and return how long the runs took.
 *
 * @param {Subject} subject
 * @param {Suite} suite
 * @returns {Promise<{load_ms: number, first_ms: number, samples_ms: number[], runs: number}>}
 */
async function measure(subject, suite) {
  const inputs = new Float32Array(await (await fetch(suite.file)).arrayBuffer());
  const [count, ...shape] = suite.shape;
  const size = shape.reduce((product, side) => product * side, 1);
  /** @param {number} i @param {number} [images] */
  const image = (i, images = 1) => inputs.slice(i * size, (i + images) * size);
  const started = performance.now();
  const session = await engine.open(subject, shape, options);
  const loaded = performance.now();
  await session.run(image(0), [1, ...shape]);
  const first = performance.now();
  const batch = options.batch ?? 1;
  /** @type {Float32Array<ArrayBuffer>[]} */
  const answers = [];
  for (let i = 0; i < count; i += batch) {
    const n = Math.min(batch, count - i);
    answers.push(await session.run(image(i, n), [n, ...shape]));
  }
  await post("logits", new Blob(answers));
  const times = await time((i) => session.run(image(i % count), [1, ...shape]));
  await session.close();
  return { load_ms: loaded - started, first_ms: first - loaded, ...times };
}

/**
 * Return the milliseconds of runs, each sample the mean of as many as take about SAMPLE_MS.
 *
 * @param {(i: number) => Promise<unknown>} run
 * @returns {Promise<{samples_ms: number[], runs: number}>}
 */
async function time(run) {
  const { runs, milliseconds } = job.times;
  const end = performance.now() + milliseconds;
  /** @type {number[]} */
  const samples = [];
  let each = 1;
  let done = 0;
  while (done < runs && performance.now() < end) {
    const started = performance.now();
    for (let i = 0; i < each; i++) await run(done + i);
    const took = performance.now() - started;
    done += each;
    if (samples.length === 0 && took < SAMPLE_MS && each < runs / 20) {
      each *= 2; // not a sample yet: too short to time
      continue;
    }
    samples.push(took / each);
  }
  return { samples_ms: samples, runs: samples.length * each };
}

function next() {
  location.replace(`?subject=${index + 1}`);
}

/**
 * Post to the server; the path names the event and the subject.
 *
 * @param {string} event
 * @param {string | Blob} [body]
 */
async function post(event, body = "") {
  const response = await fetch(`/${event}/${index}`, { method: "POST", body });
  if (!response.ok) throw new Error(`The server refused ${event}: ${await response.text()}`);
}

/** Return an error's message; engines throw numbers and strings too. @param {unknown} error @returns {string} */
function describe(error) {
  return error instanceof Error ? `${error.name}: ${error.message}` : `${error}`;
}
