/** A served cluster on a free port, with time standing still: answers take what they take, and nothing passes but what a test asks for. */
import { parseSource, scenarioFrom } from '#scenario';
import { type ServeOptions, type Serving, serve } from '#serve';

export const SMALL = `
name: lab
duration: 1h
cluster:
  nodes: [{ name: node, count: 3, zones: [a, b], capacity: { cpu: 4, memory: 8Gi, pods: 20 } }]
  apiServers: { count: 1 }
`;

export interface Lab extends Serving {
  readonly complaints: readonly string[];
  /** Lets simulated seconds pass. */
  pass(seconds: number): Promise<void>;
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>;
}
export interface Reply {
  readonly code: number;
  readonly headers: Headers;
  // Answers are of any kind.
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  readonly body: any;
  readonly text: string;
}

export async function openLab(options: Partial<ServeOptions> & { readonly yaml?: string } = {}): Promise<Lab> {
  const complaints: string[] = [];
  const { yaml = SMALL, ...more } = options;
  const serving = await serve({
    scenario: scenarioFrom(parseSource(yaml, 'lab.yaml')),
    seed: 1,
    address: '127.0.0.1',
    port: 0,
    speed: 1,
    paused: true,
    begins: Date.UTC(2026, 0, 1),
    complain: (text) => complaints.push(text),
    ...more,
  });
  const call = async (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> => {
    const isRaw = body === undefined || typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(serving.url + path, {
      method,
      headers: { ...(isRaw ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
    });
    const text = await response.text();
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      parsed = undefined;
    }
    return { code: response.status, headers: response.headers, body: parsed, text };
  };
  return { ...serving, complaints, call, pass: (seconds) => serving.session.driver.step(Math.round(seconds * 1e6)) };
}

/** Reads a watch line by line. */
export async function openWatch(lab: Lab, path: string, headers: Readonly<Record<string, string>> = {}) {
  const abort = new AbortController();
  const response = await fetch(lab.url + path, { headers, signal: abort.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  return {
    code: response.status,
    headers: response.headers,
    close: () => abort.abort(),
    /** Undefined at the end. */
    // biome-ignore lint/suspicious/noExplicitAny: events hold objects of any kind.
    async next(): Promise<any> {
      for (;;) {
        const at = rest.indexOf('\n');
        if (at >= 0) {
          const line = rest.slice(0, at);
          rest = rest.slice(at + 1);
          return JSON.parse(line);
        }
        const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
        if (done) return undefined;
        rest += value;
      }
    },
  };
}
