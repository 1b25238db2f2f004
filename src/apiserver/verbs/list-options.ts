/** Which options of lists and watches go together. Mirrors apimachinery v1.34 pkg/apis/meta/internalversion/validation/validation.go. */

import { type FieldError, invalid, type RequestOptions, type StatusObject } from '#api';
import { forbiddenField, notSupported } from '../validation/field-error.ts';

const MATCH = 'resourceVersionMatch';

function ofList(options: RequestOptions): FieldError[] {
  const errors: FieldError[] = [];
  const { resourceVersionMatch: match, resourceVersion = '' } = options;
  if (match !== undefined) {
    if (resourceVersion === '') errors.push(forbiddenField(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (options.continue) errors.push(forbiddenField(MATCH, 'resourceVersionMatch is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan') errors.push(notSupported(MATCH, match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && resourceVersion === '0')
      errors.push(forbiddenField(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  if (options.sendInitialEvents !== undefined) errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return errors;
}

function ofWatch(options: RequestOptions): FieldError[] {
  const errors: FieldError[] = [];
  const { resourceVersionMatch: match, sendInitialEvents } = options;
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan')
    errors.push(forbiddenField(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
  if (match === undefined) return errors;
  if (sendInitialEvents === undefined)
    errors.push(forbiddenField(MATCH, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
  if (match !== 'NotOlderThan') errors.push(notSupported(MATCH, match, ['NotOlderThan']));
  if (options.continue) errors.push(forbiddenField(MATCH, 'resourceVersionMatch is forbidden when continue is provided'));
  return errors;
}

/** 422 for options that do not go together; undefined when they do. */
export function refuseListOptions(options: RequestOptions | undefined, isWatch: boolean): StatusObject | undefined {
  if (options === undefined || (options.resourceVersionMatch === undefined && options.sendInitialEvents === undefined)) return undefined;
  const errors = isWatch ? ofWatch(options) : ofList(options);
  return errors.length === 0 ? undefined : invalid('ListOptions', 'meta.k8s.io', '', errors);
}
