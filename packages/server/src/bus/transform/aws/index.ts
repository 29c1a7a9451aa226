export { awsEvent, type AwsPlace } from './event.ts'
export { compileAws } from './input.ts'
