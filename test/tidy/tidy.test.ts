/** The house stays tidy: small files with a head, rooms with one door, names that say something, and nothing that belongs to one machine. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const longestFile = 400;

function filesUnder(folder: string, ending: string): string[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

const sources = [...filesUnder('src', '.ts'), ...filesUnder('workers', '.ts')];
const tests = filesUnder('test', '.ts');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());

describe('the house', () => {
  it('finds its own sources', () => expect(sources).toContain('src/sim/time.ts'));

  it(`has no source file over ${longestFile} lines`, () => {
    expect(sources.filter((file) => read(file).split('\n').length - 1 > longestFile)).toEqual([]);
  });

  it('says at the head of every source file what it is', () => {
    expect(sources.filter((file) => !/^\/\*\*\s*\S/.test(read(file)))).toEqual([]);
  });

  it('gives every room one door, whose first line says what the room is', () => {
    const door = (room: string) => join('src', room, 'index.ts');
    const badDoors = rooms.filter(({ name }) => !existsSync(join(root, door(name))) || !/^\/\*\* .+\S/.test(read(door(name))));
    expect(badDoors.map(({ name }) => name)).toEqual([]);
  });

  it('maps every room to its door in package.json, and nothing past a door', () => {
    const imports = JSON.parse(read('package.json')).imports as Record<string, string>;
    const missing = rooms.filter(({ name }) => imports[`#${name}`] !== `./src/${name}/index.ts`).map(({ name }) => name);
    expect(missing).toEqual([]);
    expect(Object.keys(imports).filter((name) => name.includes('/') || name.includes('*'))).toEqual([]);
  });

  it('has no drawer for what has no name', () => {
    const drawer = /^(utils?|helpers?|common|types|manager|misc|shared|lib)$/;
    const parts = (file: string) => [...file.split('/').slice(1, -1), basename(file, '.ts')];
    expect(sources.filter((file) => parts(file).some((part) => drawer.test(part)))).toEqual([]);
  });

  it('names files in kebab-case', () => {
    expect([...sources, ...tests].filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.ts$/.test(basename(file)))).toEqual([]);
  });

  it('skips no test and narrows to none', () => {
    const left = /\b(it|test|describe)\.only\(|\bx(it|describe)\(/;
    expect(tests.filter((file) => left.test(read(file)) && !file.startsWith('test/tidy/'))).toEqual([]);
  });

  it('knows no path of one machine', () => {
    const local = /['"`(\s](\/work\/|\/root\/|\/home\/[a-z])/;
    const everything = [...sources, ...tests, ...filesUnder('docs', '.md'), ...filesUnder('scenarios', '.yaml'), 'README.md'];
    expect(everything.filter((file) => existsSync(join(root, file)) && local.test(read(file)))).toEqual([]);
  });

  // npm leaves out of a lockfile what its registry does not offer at that moment, and then `npm ci` refuses it on every machine.
  it('locks every optional package, so that npm ci takes the lockfile on every platform', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { version?: string; resolved?: string; optionalDependencies?: Record<string, string> }>;
    };
    const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies));
    expect(wanted.filter((name) => packages[`node_modules/${name}`]?.version === undefined)).toEqual([]);
    // No download addresses: npm asks whichever registry the machine is set up for.
    expect(Object.values(packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
  });
});
