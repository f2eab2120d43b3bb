// `GET` and `PATCH /api/shop/customers/me` by fastify and node-postgres: the statements of ../axum-sqlx, prepared, in
// two processes as gunicorn has two workers. `DATABASE_URL=postgres://… node server.js`
import cluster from 'node:cluster'
import { createHash } from 'node:crypto'
import Fastify from 'fastify'
import pg from 'pg'

const WORKERS = 2
const COLUMNS = 'customer.id, username, mobile_number, email, avatar, first_name, last_name, gender'
const LIVE_KEY =
  'digest = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP)'
const FIELDS = ['username', 'avatar', 'first_name', 'last_name', 'gender']

const text = { type: 'string' }
const nullable = { type: ['string', 'null'] }
const answer = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    username: text,
    mobile_number: nullable,
    email: nullable,
    avatar: nullable,
    first_name: text,
    last_name: text,
    full_name: text,
    gender: nullable,
    is_profile_completed: { type: 'boolean' }
  }
}
const patch = { type: 'object', properties: Object.fromEntries(FIELDS.map((field) => [field, text])) }

function start () {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 16 / WORKERS })
  const app = Fastify()

  // A query with a name is prepared once per connection.
  const customer = async (name, sql, request, reply, values) => {
    const token = request.headers.authorization?.match(/^Token (\S+)$/)?.[1]
    const digest = createHash('sha256').update(token ?? '').digest()
    const row = (await pool.query({ name, text: sql, values: [digest, ...values] })).rows[0]
    if (!row) return reply.code(401).send({ detail: 'Invalid token.' })
    row.full_name = `${row.first_name} ${row.last_name}`.trim()
    row.is_profile_completed = Boolean(row.username && row.first_name && row.last_name && row.gender)
    return row
  }

  const read = `SELECT ${COLUMNS} FROM customer JOIN api_token ON customer_id = customer.id WHERE is_active AND ${LIVE_KEY}`
  app.get('/api/shop/customers/me', { schema: { response: { 200: answer } } }, (request, reply) =>
    customer('read', read, request, reply, []))

  app.patch('/api/shop/customers/me', { schema: { body: patch, response: { 200: answer } } }, (request, reply) => {
    const sent = FIELDS.filter((field) => field in request.body)
    const values = sent.map((field) => request.body[field])
    const set = sent.map((field, index) => `${field} = $${index + 2}, `)
    if (sent.includes('username')) {
      values.push(request.body.username.toLowerCase())
      set.push(`canonical_username = $${values.length + 1}, `)
    }
    const update = `UPDATE customer SET ${set.join('')}version = version + 1, updated_at = CURRENT_TIMESTAMP WHERE is_active AND id = (SELECT customer_id FROM api_token WHERE ${LIVE_KEY}) RETURNING ${COLUMNS}`
    return customer(sent.join(), update, request, reply, values)
  })

  app.listen({ host: '127.0.0.1', port: 0 })
    .then((address) => process.send(`listening on ${address}`))
}

if (cluster.isPrimary) {
  // Both workers share the port that the first one is given; the last one to be ready says it.
  let ready = 0
  for (let worker = 0; worker < WORKERS; worker++) {
    cluster.fork().on('message', (line) => { if (++ready === WORKERS) console.log(line) })
  }
  process.on('SIGTERM', () => process.exit())
} else {
  start()
}
