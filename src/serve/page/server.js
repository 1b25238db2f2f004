// What the page asks its server, with the token where one is wanted: requests, and the stream of pictures (server-sent events, read with fetch,
// because an EventSource cannot show a token).
import { byId, el } from './dom.js';

let token = sessionStorage.getItem('wavetank-token') ?? '';

const headers = (more = {}) => (token === '' ? more : { ...more, Authorization: `Bearer ${token}` });

/** The answer's JSON; throws an Error with the server's own words. */
export async function ask(path, body, method = body === undefined ? 'GET' : 'POST') {
  const options = { method, headers: headers({ Accept: 'application/json' }), cache: 'no-store' };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers['Content-Type'] = 'application/json';
  }
  const response = await fetch(path, options).catch(() => {
    throw new Error('the server cannot be reached');
  });
  const answer = await response.json().catch(() => ({}));
  if (response.status === 401) wantToken();
  if (!response.ok) throw new Error(answer.message ?? `the server answered ${response.status}`);
  return answer;
}

let isAsking = false;

/** Beyond loopback: a small form, once. */
function wantToken() {
  if (isAsking) return;
  isAsking = true;
  const input = el('input', { id: 'token', type: 'password', autocomplete: 'off', required: true });
  const form = el(
    'form',
    { class: 'token' },
    el('label', { for: 'token' }, 'The token of the kubeconfig'),
    input,
    el('button', { class: 'main' }, 'Enter'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    token = input.value.trim();
    sessionStorage.setItem('wavetank-token', token);
    isAsking = false;
    form.remove();
  });
  byId('connection').after(form);
  input.focus();
}

/** Calls `take(kind, data)` for each event, for ever; a stream that ends is opened again. `state(text)`: '' while it flows. */
export async function follow(path, take, state) {
  for (;;) {
    try {
      const response = await fetch(path, { headers: headers({ Accept: 'text/event-stream' }), cache: 'no-store' });
      if (response.status === 401) {
        wantToken();
        throw new Error('a token is needed');
      }
      if (!response.ok) throw new Error(`the server answered ${response.status}`);
      state('');
      await readEvents(response.body.pipeThrough(new TextDecoderStream()).getReader(), take);
      state('The connection ended; it is opened again.');
    } catch (error) {
      const text = error instanceof TypeError ? 'the server cannot be reached' : error.message;
      state(`Not connected: ${text}. Trying again.`);
    }
    await new Promise((done) => setTimeout(done, 2000));
  }
}

async function readEvents(reader, take) {
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const events = (rest + value).split('\n\n');
    rest = events.pop();
    for (const text of events) {
      const data = /^data: (.*)$/m.exec(text)?.[1];
      if (data !== undefined) take(/^event: (.*)$/m.exec(text)?.[1] ?? 'message', JSON.parse(data));
    }
  }
}
