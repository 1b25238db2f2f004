// Elements without markup from strings: names of pods and nodes are text, whatever they hold.

/** An element with attributes (functions become listeners) and children, which are elements or text. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== undefined && child !== ''));
  return element;
}

export const byId = (id) => document.getElementById(id);

/** Only where it differs: nothing is drawn anew for a text that stays. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export const styleOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
export const isStill = matchMedia('(prefers-reduced-motion: reduce)');
export const isDark = matchMedia('(prefers-color-scheme: dark)');

export const many = (count) => Number(count).toLocaleString('en-US');

/** Microseconds as people read them. */
export function span(microseconds) {
  const value = Math.abs(microseconds);
  if (value < 1e3) return `${Math.round(microseconds)} µs`;
  if (value < 1e6) return `${Number((microseconds / 1e3).toPrecision(3))} ms`;
  if (value < 120e6) return `${Number((microseconds / 1e6).toPrecision(4))} s`;
  return clock(microseconds / 1e6);
}

/** Seconds since the beginning as 1:02:03. */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, '0');
  const days = Math.floor(whole / 86_400);
  return `${days > 0 ? `${days} d ` : ''}${Math.floor((whole % 86_400) / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
}
