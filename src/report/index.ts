/** From result.json to what people look at. */
export { renderReport } from './page.ts';
