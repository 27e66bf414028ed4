/**
 * The probe page: loads the subject named in its URL, runs it on every input, posts the result, and loads the next one.
 *
 * An engine module has `unavailable(options)`, which resolves to a reason or null, `describe(options)`, which resolves to
 * facts, and `open(subject, shape, options)`, which resolves to {run(data, dimensions), close()}; `run` resolves to a
 * Float32Array.
 */

/** Clocks are as coarse as a millisecond, so several runs are timed together, this long. */
const SAMPLE_MS = 10;

const job = await (await fetch("job.json")).json();
const index = Number(new URLSearchParams(location.search).get("subject") ?? -1);
const { options, probe, version } = job.engine;
const engine = await import(`./engines/${probe}.js`);

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

/** @param {{file: string, input: string, output: string, suite: string}} subject */
async function probeSubject(subject) {
  await post("start");
  let result;
  try {
    result = await measure(subject, job.suites[subject.suite]);
  } catch (error) {
    result = { error: describe(error) };
  }
  await post("done", JSON.stringify(result));
  next();
}

async function measure(subject, suite) {
  const inputs = new Float32Array(await (await fetch(suite.file)).arrayBuffer());
  const [count, ...shape] = suite.shape;
  const size = shape.reduce((product, side) => product * side, 1);
  const image = (i, batch = 1) => inputs.slice(i * size, (i + batch) * size);
  const started = performance.now();
  const session = await engine.open(subject, shape, options);
  const loaded = performance.now();
  await session.run(image(0), [1, ...shape]);
  const first = performance.now();
  const batch = options.batch ?? 1;
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

/** Return the milliseconds of runs, each sample the mean of as many as take about SAMPLE_MS. */
async function time(run) {
  const { runs, milliseconds } = job.times;
  const end = performance.now() + milliseconds;
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

/** Post to the server; the path names the event and the subject. */
async function post(event, body = "") {
  const response = await fetch(`/${event}/${index}`, { method: "POST", body });
  if (!response.ok) throw new Error(`The server refused ${event}: ${await response.text()}`);
}

/** Return an error's message; engines throw numbers and strings too. */
function describe(error) {
  return error instanceof Error ? `${error.name}: ${error.message}` : `${error}`;
}
