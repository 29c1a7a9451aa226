export { LatencyReceiver } from './receiver.ts'
