import { AppError, retryNever } from '@millrace/spi'
import type { Application } from '../application.ts'
import type { Services } from '../services.ts'

/** Where receivers of pushes get the certificate from that these are signed with. Open: it is public. */
export const certificatePath = '/mns-signing-certificate.pem'

export function certificateRoute(app: Application, services: Services): void {
  app.get(certificatePath, { config: { isOpen: true }, schema: { hide: true } }, (_request, reply) => {
    const certificate = services.pushCertificate()
    if (certificate === undefined) {
      throw new AppError('http.not-found', 'nothing was ever signed: there is no topic', retryNever)
    }
    return reply.type('application/x-pem-file').send(certificate)
  })
}
