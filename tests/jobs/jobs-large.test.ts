import { request } from 'node:http';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { uploads } from '../../drizzle/schema.ts';
import { type Person, type RunningApp, startApp } from './support/jobs-http.ts';
import { hasEnded, type JobsWorld, jobsWorld, NOT_OVER } from './support/jobs-world.ts';

const MB = 1024 * 1024;
/** The limit of these tests; by default it is 200 MB, which behave the same and take four times as long. */
const LIMIT = 48 * MB;
const CELL = 'x'.repeat(30 * 1024);

const LONG = { timeout: 240_000 };

let world: JobsWorld;
let app: RunningApp;
let ann: Person;

beforeAll(async () => {
  world = await jobsWorld({ UPLOAD_LIMIT_BYTES: String(LIMIT) });
  app = await startApp();
  ann = await app.signUp();
});
afterAll(async () => {
  await app.close();
  await world.close();
});

test('a file just below the limit is taken in and worked on in flat memory', LONG, async () => {
  const memory = watchMemory();
  const answer = await upload(LIMIT - MB / 4);
  expect(answer).toMatchObject({ status: 201, body: { status: NOT_OVER } });
  const { id, fileBytes } = answer.body as { id: number; fileBytes: number };
  expect(fileBytes).toBeGreaterThan(LIMIT - MB / 2);
  expect(memory.growth()).toBeLessThan(30);

  world.startWorker();
  const job = await world.until(id, hasEnded, 200_000);
  expect(job).toMatchObject({ status: 'completed', readBytes: fileBytes });
  expect(memory.growth()).toBeLessThan(30);
  memory.stop();
});

test(
  'a file just above the limit is refused, nothing of it is kept, and the server goes on',
  LONG,
  async () => {
    const before = await world.getDb().$count(uploads);
    const answer = await upload(LIMIT + MB / 4);
    expect(answer).toMatchObject({ status: 413, body: { code: 'PAYLOAD_TOO_LARGE' } });
    expect(await world.getDb().$count(uploads)).toBe(before);
    expect((await ann.query('jobs.stats')).status).toBe(200);
  },
);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is alive in heap and buffers, in MB: its highest since the last question, above the beginning. */
function watchMemory() {
  const alive = () => {
    collectGarbage();
    const { heapUsed, external } = process.memoryUsage();
    return (heapUsed + external) / MB;
  };
  const start = alive();
  let most = start;
  const timer = setInterval(() => {
    most = Math.max(most, alive());
  }, 1000);
  return {
    growth() {
      const grown = most - start;
      most = start;
      return grown;
    },
    stop: () => clearInterval(timer),
  };
}

/** Sends a form whose file is made while it is sent. */
async function upload(bytes: number) {
  const boundary = 'larder-large';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="large.csv"\r\n\r\nname,n\n`;
  const line = `${CELL},1\n`;
  const tail = `\r\n--${boundary}--\r\n`;
  const rows = Math.floor(bytes / line.length);
  function* body() {
    yield head;
    for (let row = 0; row < rows; row++) yield line;
    yield tail;
  }
  const length = head.length + rows * line.length + tail.length;
  return new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
    const outgoing = request(
      `${app.url}/api/jobs/upload?type=slow&options=${encodeURIComponent('{"forgetsCells":true}')}`,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${ann.token}`,
          'content-type': `multipart/form-data; boundary=${boundary}`,
          'content-length': length,
        },
      },
      (incoming) => {
        let text = '';
        incoming.on('data', (data) => {
          text += String(data);
        });
        incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: JSON.parse(text) }));
      },
    );
    outgoing.on('error', reject);
    Readable.from(body()).pipe(outgoing);
  });
}
