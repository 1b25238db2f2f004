/** Templates as Go renders them: expected texts are those of Go's documentation of text/template, or worked out by its rules. */

import { describe, expect, test } from 'vitest';
import { renderTemplate, TemplateError } from '../../src/scenario/go-template.ts';
import { STAGE_FUNCTIONS } from '../../src/scenario/kwok-functions.ts';

const data = { name: 'web', list: ['a', 'b'], map: { y: 2, x: 1 }, empty: [], nested: { deep: { on: true } }, count: 3 };
const render = (text: string): string => renderTemplate(text, data, STAGE_FUNCTIONS);

describe('templates', () => {
  test.each([
    ['{{"output"}} {{`raw`}}', 'output raw'],
    ['{{printf "%q" (print "out" "put")}}', '"output"'],
    ['{{"put" | printf "%s%s" "out" | printf "%q"}}', '"output"'],
    ['{{with "output"}}{{printf "%q" .}}{{end}}', '"output"'],
    ['{{with $x := "output" | printf "%q"}}{{$x}}{{end}}', '"output"'],
    ['{{23 -}} < {{- 45}}', '23<45'],
    ['a{{/* said to nobody */}}b', 'ab'],
    ['{{range .list}}<{{.}}>{{end}}', '<a><b>'],
    ['{{range $i, $e := .list}}{{$i}}={{$e}};{{end}}', '0=a;1=b;'],
    ['{{range $k, $v := .map}}{{$k}}{{$v}}{{end}}', 'x1y2'],
    ['{{range .empty}}x{{else}}none{{end}}', 'none'],
    ['{{range 3}}{{if eq . 1}}{{continue}}{{end}}{{.}}{{end}}', '02'],
    ['{{range .list}}{{break}}{{end}}after', 'after'],
    ['{{if .empty}}1{{else if eq .name "web"}}2{{else}}3{{end}}', '2'],
    ['{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}', '2'],
    ['{{$x := 1}}{{if true}}{{$x := 2}}{{end}}{{$x}}', '1'],
    ['{{.nested.deep.on}} {{(index .map "x")}} {{$.name}} {{len .list}} {{index .list 1}}', 'true 1 web 2 b'],
    ['{{or .missing .empty "x"}} {{and 1 0}} {{not .missing}}', 'x 0 true'],
    ['{{define "t"}}[{{.}}]{{end}}{{template "t" .name}}', '[web]'],
    ['{{lt 1 2}} {{ge .count 3}} {{ne "a" "b"}} {{eq .name "x" "web"}}', 'true true true true'],
    ['{{.missing}} {{.list}} {{.map}}', '<no value> [a b] map[x:1 y:2]'],
    ['{{ .name | upper | trimSuffix "B" }} {{ default "x" .missing }} {{ add 1 2 3 }} {{ list 1 2 | join "," }}', 'WE x 6 1,2'],
    ['{{ .name | Quote }} {{ .count | Quote }} {{ .missing | Quote }}', '"web" "3" "null"'],
    ['a:{{ YAML .map 1 }}', 'a:\n  y: 2\n  x: 1\n  '],
    ['{{ .map | toYaml | nindent 2 }}', '\n  y: 2\n  x: 1'],
  ])('%s', (text, expected) => {
    expect(render(text)).toBe(expected);
  });

  test.each([
    ['a\n{{ nonsense 1 }}', 'function "nonsense" is not known', 2],
    ['{{ if true }}\n{{ Unknown }}{{ end }}', 'function "Unknown" is not known', 2],
    ['\n\n{{ range .list }}', "'range' has no end", 3],
    ['{{ end }}', "'end' without an action that it ends", 1],
    ['\n{{ .name', 'an action is not closed', 2],
    ['{{ $x }}', 'undefined variable "$x"', 1],
    ['{{ }}', 'missing value for command', 1],
    ['{{ ( .name }}', 'an action ends too early', 1],
    ['{{ index .list 7 }}', 'index: index out of range: 7', 1],
    ['{{define "t"}}{{range 9}}{{template "t"}}{{template "t"}}{{end}}{{end}}{{template "t"}}', 'renders without an end', 1],
  ])('wrong: %s', (text, message, line) => {
    let error: unknown;
    try {
      render(text);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(TemplateError);
    expect(error).toMatchObject({ message, line });
  });
});
