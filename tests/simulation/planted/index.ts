import type { Plant } from '../world/plant.ts'

export const plants: readonly Plant[] = []
