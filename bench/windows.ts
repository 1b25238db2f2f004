export async function shardSpeedUps(_: number[]): Promise<{ events: number; ratio: number; window: number }[]> {
  return [];
}
