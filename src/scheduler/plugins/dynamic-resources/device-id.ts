/** How a device is told from all others (structured.DeviceID of dynamic-resource-allocation v1.34). */
export const deviceId = (driver: string, pool: string, device: string): string => `${driver}/${pool}/${device}`;
