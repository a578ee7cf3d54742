import type {FastifyInstance} from 'fastify'

import {AppError, authenticate, parse, type Tokens} from '@shop/platform'
import {z} from 'zod'

import type {Accounts, User} from './accounts.js'

// Parsed in this order: a name with blanks around it is measured without them.
const email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, 'must have at most 254 characters')
  .pipe(z.email('not an e-mail address'))
const registration = z.object({
  email,
  password: z.string().min(8, 'must have at least 8 characters').max(128, 'must have at most 128 characters'),
  name: z.string().trim().min(1, 'must not be empty').max(100, 'must have at most 100 characters'),
})
const credentials = z.object({email, password: z.string().min(1, 'must not be empty').max(128)})

interface Session {
  readonly token: string
  readonly expiresAt: Date
  readonly user: User
}

export interface AuthContext {
  readonly accounts: Accounts
  readonly tokens: Tokens
  readonly tokenLifetimeSeconds: number
}

export function registerRoutes(app: FastifyInstance, context: AuthContext): void {
  const {accounts, tokens} = context
  app.post('/api/auth/register', async (request, reply) => {
    const user = await accounts.register(parse(registration, request.body))
    return reply
      .code(201)
      .header('cache-control', 'no-store')
      .send(await openSession(user, context))
  })
  app.post('/api/auth/login', async (request, reply) => {
    const given = parse(credentials, request.body)
    const user = await accounts.login(given.email, given.password)
    return reply.header('cache-control', 'no-store').send(await openSession(user, context))
  })
  app.get('/api/auth/me', async (request, reply) => {
    const {userId} = await authenticate(request, tokens)
    const user = await accounts.find(userId)
    if (!user) throw new AppError({status: 401, code: 'unauthorized', message: 'the account of this token is gone'})
    return reply.header('cache-control', 'no-store').send({user})
  })
}

async function openSession(user: User, context: AuthContext): Promise<Session> {
  const {token, expiresAt} = await context.tokens.sign({userId: user.id, role: user.role}, context.tokenLifetimeSeconds)
  return {token, expiresAt, user}
}
