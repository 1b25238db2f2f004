import { expect, test } from 'vitest';
import { compileDeviceSelector, type Device } from '#api';

const DRIVER = 'gpu.example.com';
const device: Device = {
  name: 'gpu-0',
  attributes: {
    model: { string: 'A100' },
    index: { int: 3 },
    healthy: { bool: true },
    driverVersion: { version: '1.10.0-rc.1' },
    'rack.example.org/row': { string: 'r7' },
  },
  capacity: { memory: { value: '40Gi' }, slots: { value: 7 } },
};

const TRUE = [
  'device.driver == "gpu.example.com"',
  'device.attributes["gpu.example.com"].model == "A100"',
  'device.attributes["gpu.example.com"].index > 2 && device.attributes["gpu.example.com"].healthy',
  'device.attributes["rack.example.org"].row.startsWith("r")',
  'device.capacity["gpu.example.com"].memory.compareTo(quantity("40Gi")) == 0',
  'device.capacity["gpu.example.com"].memory.isGreaterThan(quantity("39999Mi"))',
  'device.capacity["gpu.example.com"].memory == quantity("40960Mi")',
  'device.capacity["gpu.example.com"].slots.asInteger() == 7',
  'device.attributes["gpu.example.com"].driverVersion.isLessThan(semver("1.10.0"))',
  'device.attributes["gpu.example.com"].driverVersion.isGreaterThan(semver("1.9.9"))',
  'has(device.attributes["gpu.example.com"].model)',
  '!has(device.attributes["gpu.example.com"].colour)',
  '!has(device.attributes["nobody.example.com"].colour)',
  '"model" in device.attributes["gpu.example.com"]',
  '!("nobody.example.com" in device.attributes)',
  'cel.bind(gpu, device.attributes["gpu.example.com"], gpu.index == 3 && has(gpu.model))',
  'device.attributes["gpu.example.com"].?colour.orValue("none") == "none"',
  'device.attributes["gpu.example.com"].model.lowerAscii().replace("a", "b") == "b100"',
  'device.attributes["gpu.example.com"].model in ["A100", "H100"]',
  'sets.contains([1, 2, 3], [device.attributes["gpu.example.com"].index])',
  '"has(x" == "has(" + "x" // has(y',
  'device.attributes["gpu.example.com"].nope == "x" || true',
];

test.each(TRUE)('%s', (expression) => {
  const program = compileDeviceSelector(expression);
  expect(program.error).toBeUndefined();
  expect(program.matches(DRIVER, device)).toBe(true);
});

const REFUSED: readonly (readonly [expression: string, error: string])[] = [
  ['device.colour', "compilation failed: ERROR: <input>:1:7: undefined field 'colour'\n | device.colour\n | ......^"],
  ['gpu == 1', "compilation failed: ERROR: <input>:1:1: undeclared reference to 'gpu' (in container '')\n | gpu == 1\n | ^"],
  [
    'true &&\n device.driver == 1',
    "compilation failed: ERROR: <input>:2:16: found no matching overload for '_==_' applied to '(string, int)'\n |  device.driver == 1\n | ...............^",
  ],
  [
    'device.driver.isGreaterThan(1)',
    "compilation failed: ERROR: <input>:1:28: found no matching overload for 'isGreaterThan' applied to 'string.(int)'\n | device.driver.isGreaterThan(1)\n | ...........................^",
  ],
  ['device.driver', 'must evaluate to bool or the unknown type, not string'],
];

test.each(REFUSED)('refuses %s', (expression, error) => {
  expect(compileDeviceSelector(expression).error).toBe(error);
});

test('refuses what ends too early, and points behind the end', () => {
  const error = compileDeviceSelector('device.driver ==').error ?? '';
  expect(error).toMatch(/^compilation failed: ERROR: <input>:1:17: Syntax error: mismatched input '<EOF>' expecting/);
  expect(error.endsWith('\n | device.driver ==\n | ................^')).toBe(true);
});

test('says at run time what is missing, and what a result should have been', () => {
  const missing = compileDeviceSelector('device.attributes["gpu.example.com"].colour == "red"');
  expect(missing.error).toBeUndefined();
  expect(() => missing.matches(DRIVER, device)).toThrow('no such key: colour');
  expect(() => compileDeviceSelector('device.attributes["gpu.example.com"].model').matches(DRIVER, device)).toThrow(
    'CEL result of type string could not be converted to bool',
  );
});

test('a selector that costs too much ends where Kubernetes ends it', () => {
  const ten = '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]';
  let expression = "int('1'.find('[0-9]*')) < 100";
  for (const name of ['z', 'y', 'x', 'w', 'v', 'u']) expression = `${ten}.all(${name}, ${expression})`;
  const selector = compileDeviceSelector(expression);
  expect(selector.error).toBeUndefined();
  expect(() => selector.matches('a.example.com', {} as never)).toThrow('operation cancelled: actual cost limit exceeded');
});
