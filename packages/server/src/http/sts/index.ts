export { stsRoutes } from './routes.ts'
