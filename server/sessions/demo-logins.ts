/** The log-ins of the demonstration. They are public: a production start makes and shows none of them. */
export const DEMO_LOGINS = [
  { username: 'Ada Admin', email: 'admin@larder.example', password: 'larder-admin-demo', role: 'admin' },
  {
    username: 'Otto Operator',
    email: 'operator@larder.example',
    password: 'larder-operator-demo',
    role: 'operator',
  },
  { username: 'Mia Member', email: 'member@larder.example', password: 'larder-member-demo', role: 'member' },
] as const;
