// Time: pause and resume, a step, the speed.
import { byId, el, setText } from './dom.js';
import { ask } from './server.js';

const SPEEDS = ['0.1', '0.5', '1', '2', '5', '10', '30', '60', 'max'];
let isPaused = false;

/** What was done, or why not, where everybody sees and hears it. */
export function say(text, isBad = false) {
  const said = byId('said');
  said.className = isBad ? 'bad' : '';
  setText(said, text);
}

/** Carries out what a button asks for, and says how it went. */
export async function carryOut(button, path, body, words) {
  button.disabled = true;
  try {
    const answer = await ask(`/wavetank/${path}`, body);
    say(words(answer));
    showTime(answer);
    return answer;
  } catch (error) {
    say(`Not done: ${error.message}`, true);
    return undefined;
  } finally {
    button.disabled = false;
  }
}

export function makeControls() {
  const speed = byId('speed');
  speed.append(...SPEEDS.map((value) => el('option', { value }, value === 'max' ? 'as fast as it goes' : `× ${value}`)));
  byId('pause').addEventListener('click', ({ target }) =>
    isPaused
      ? carryOut(target, 'resume', {}, () => 'Time passes.')
      : carryOut(target, 'pause', {}, (at) => `Paused at ${at.simulatedSeconds.toFixed(3)} s.`),
  );
  byId('step').addEventListener('click', ({ target }) => {
    const by = byId('step-by');
    say(`Stepping ${by.selectedOptions[0].textContent} …`);
    carryOut(
      target,
      'step',
      { by: by.value },
      (at) => `Stepped ${by.selectedOptions[0].textContent}; paused at ${at.simulatedSeconds.toFixed(3)} s.`,
    );
  });
  speed.addEventListener('change', () =>
    carryOut(speed, 'speed', { speed: speed.value }, () => `Speed: ${speed.selectedOptions[0].textContent}.`),
  );
}

/** A picture or a status: both say how time passes. */
export function showTime({ paused, speed: pace }) {
  isPaused = paused;
  setText(byId('pause'), paused ? 'Resume' : 'Pause');
  byId('pause').classList.toggle('stands', paused);
  const speed = byId('speed');
  const value = String(pace);
  if (document.activeElement === speed || speed.value === value) return;
  if (![...speed.options].some((option) => option.value === value)) speed.prepend(el('option', { value }, `× ${value}`));
  speed.value = value;
}
