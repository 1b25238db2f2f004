/** scheduler_perf's label filter (v1.36 label_selector.go): comma-separated; '+a' must be there, '-a' must not, of the plain ones at least one must. */
export function labelFilter(filter: string): (labels: readonly string[]) => boolean {
  const terms = filter
    .split(',')
    .map((term) => term.trim())
    .filter((term) => term !== '');
  const must = terms.filter((term) => term.startsWith('+')).map((term) => term.slice(1));
  const mustNot = terms.filter((term) => term.startsWith('-')).map((term) => term.slice(1));
  const any = terms.filter((term) => !term.startsWith('+') && !term.startsWith('-'));
  return (labels) =>
    must.every((term) => labels.includes(term)) &&
    !mustNot.some((term) => labels.includes(term)) &&
    (any.length === 0 || any.some((term) => labels.includes(term)));
}
