// `me` and `updateMyProfile` by Apollo Server and node-postgres: the statements of ../axum-sqlx, prepared, in two
// processes as gunicorn has two workers. `DATABASE_URL=postgres://… node server.js`
import cluster from 'node:cluster'
import { createHash } from 'node:crypto'
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import pg from 'pg'

const WORKERS = 2
const COLUMNS = `customer.id, username, mobile_number AS "mobileNumber", email, avatar,
  first_name AS "firstName", last_name AS "lastName", upper(gender) AS gender, version`
const LIVE_KEY =
  'digest = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP)'
const FIELDS = { username: 'username', avatar: 'avatar', firstName: 'first_name', lastName: 'last_name', gender: 'gender' }

const typeDefs = `#graphql
  type Query { me: Customer! }
  type Mutation { updateMyProfile(input: UpdateMyProfileInput!): UpdateMyProfilePayload! }
  type Customer {
    id: ID! username: String! mobileNumber: String email: String avatar: String firstName: String! lastName: String!
    fullName: String! gender: Gender isProfileCompleted: Boolean! version: String!
  }
  enum Gender { MALE FEMALE }
  input UpdateMyProfileInput { username: String avatar: String firstName: String lastName: String gender: Gender }
  type UpdateMyProfilePayload { customer: Customer userErrors: [UserError!]! }
  type UserError { field: [String!]! code: String! message: String! }
`

async function start () {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 16 / WORKERS })

  // A query with a name is prepared once per connection.
  const customer = async (name, text, { digest }, values) => {
    const row = (await pool.query({ name, text, values: [digest, ...values] })).rows[0]
    if (!row) throw new Error('Invalid token.')
    return row
  }

  const read = `SELECT ${COLUMNS} FROM customer JOIN api_token ON customer_id = customer.id WHERE is_active AND ${LIVE_KEY}`
  const resolvers = {
    Query: { me: (_, args, context) => customer('read', read, context, []) },
    Mutation: {
      updateMyProfile: async (_, { input }, context) => {
        const sent = Object.keys(FIELDS).filter((field) => field in input)
        const values = sent.map((field) => field === 'gender' ? input.gender?.toLowerCase() : input[field])
        const set = sent.map((field, index) => `${FIELDS[field]} = $${index + 2}, `)
        if (sent.includes('username')) {
          values.push(input.username.toLowerCase())
          set.push(`canonical_username = $${values.length + 1}, `)
        }
        const update = `UPDATE customer SET ${set.join('')}version = version + 1, updated_at = CURRENT_TIMESTAMP WHERE is_active AND id = (SELECT customer_id FROM api_token WHERE ${LIVE_KEY}) RETURNING ${COLUMNS}`
        return { customer: await customer(sent.join(), update, context, values), userErrors: [] }
      }
    },
    Customer: {
      fullName: (row) => `${row.firstName} ${row.lastName}`.trim(),
      isProfileCompleted: (row) => Boolean(row.username && row.firstName && row.lastName && row.gender)
    }
  }

  const { url } = await startStandaloneServer(new ApolloServer({ typeDefs, resolvers }), {
    listen: { host: '127.0.0.1', port: 0 },
    context: async ({ req }) => {
      const token = req.headers.authorization?.match(/^Token (\S+)$/)?.[1]
      return { digest: createHash('sha256').update(token ?? '').digest() }
    }
  })
  process.send(`listening on ${url}`)
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
