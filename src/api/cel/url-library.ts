/** CEL's URLs: url(), isURL() and their methods. Mirrors apiserver v1.34 pkg/cel/library/urls.go. */

import type { Environment } from '@marcbachmann/cel-js';
import { type GoUrl, parseRequestUri, parseUrl, queryValues } from './go-url.ts';

export class CelUrl {
  readonly url: GoUrl;

  constructor(url: GoUrl) {
    this.url = url;
  }

  static parse(text: string): CelUrl {
    try {
      parseRequestUri(text);
      return new CelUrl(parseUrl(text));
    } catch (error) {
      throw new Error(`URL parse error during conversion from string: ${(error as Error).message}`);
    }
  }

  /** Host without brackets, and port. */
  get hostAndPort(): readonly [string, string] {
    const { host } = this.url;
    const port = /:(\d*)$/.exec(host);
    const name = port === null ? host : host.slice(0, port.index);
    return [name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name, port?.[1] ?? ''];
  }
}

function isUrl(text: string): boolean {
  try {
    parseRequestUri(text);
    return true;
  } catch {
    return false;
  }
}

const TYPE = 'kubernetes.URL';

export function registerUrls(environment: Environment): void {
  environment
    .registerType(TYPE, { ctor: CelUrl as never, fields: {} })
    .registerFunction(`url(string): ${TYPE}`, (text: string) => CelUrl.parse(text))
    .registerFunction('isURL(string): bool', isUrl)
    .registerFunction(`${TYPE}.getScheme(): string`, ({ url }: CelUrl) => url.scheme)
    .registerFunction(`${TYPE}.getHost(): string`, ({ url }: CelUrl) => url.host)
    .registerFunction(`${TYPE}.getHostname(): string`, (url: CelUrl) => url.hostAndPort[0])
    .registerFunction(`${TYPE}.getPort(): string`, (url: CelUrl) => url.hostAndPort[1])
    .registerFunction(`${TYPE}.getEscapedPath(): string`, ({ url }: CelUrl) => url.escapedPath)
    .registerFunction(`${TYPE}.getQuery(): map<string, list<string>>`, ({ url }: CelUrl) => queryValues(url.rawQuery))
    .registerOperator(`${TYPE} == ${TYPE}`, (a: CelUrl, b: CelUrl) => a.url.text === b.url.text);
}
