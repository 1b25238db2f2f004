/** Members that a JSON text gives twice in one object: JSON.parse keeps the last and tells nobody. Mirrors sigs.k8s.io/json (strict errors), as of Kubernetes v1.34. */

/** An object or array that is open. */
interface Open {
  readonly path: string;
  /** Undefined in an array. */
  readonly names: Set<string> | undefined;
  name: string;
  index: number;
}

/** Upstream lists so many strict errors. */
const MOST = 100;

const pathIn = ({ path, names, name, index }: Open): string =>
  names === undefined ? `${path}[${index}]` : path === '' ? name : `${path}.${name}`;

/** 'duplicate field "spec.replicas"', in the order of the text, which must be JSON. */
export function duplicateMembers(text: string): readonly string[] {
  const found: string[] = [];
  const open: Open[] = [];
  for (let at = 0; at < text.length; at++) {
    const top = open[open.length - 1];
    switch (text.charCodeAt(at)) {
      case 0x22: {
        const end = endOfText(text, at);
        if (top?.names !== undefined && isName(text, end)) {
          top.name = nameOf(text.slice(at, end + 1));
          if (top.names.has(top.name) && found.length < MOST) found.push(`duplicate field "${pathIn(top)}"`);
          top.names.add(top.name);
        }
        at = end;
        break;
      }
      case 0x7b:
        open.push({ path: top === undefined ? '' : pathIn(top), names: new Set(), name: '', index: 0 });
        break;
      case 0x5b:
        open.push({ path: top === undefined ? '' : pathIn(top), names: undefined, name: '', index: 0 });
        break;
      case 0x7d:
      case 0x5d:
        open.pop();
        break;
      case 0x2c:
        if (top !== undefined) top.index++;
    }
  }
  return found;
}

/** Where the quoted text that begins at `at` ends. */
function endOfText(text: string, at: number): number {
  for (let end = at + 1; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === 0x5c) end++;
    else if (code === 0x22) return end;
  }
  return text.length;
}

/** A colon follows. */
function isName(text: string, end: number): boolean {
  let at = end + 1;
  while (at < text.length && text.charCodeAt(at) <= 0x20) at++;
  return text.charCodeAt(at) === 0x3a;
}

const nameOf = (quoted: string): string => (quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1));
