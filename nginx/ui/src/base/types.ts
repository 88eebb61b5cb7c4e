// What the API answers with (API.md). Times are RFC 3339 text in UTC.

export interface Named { id: string; name: string }

export interface User {
  id: string;
  tenant_id: string;
  email: string;
  email_verified: boolean;
  status: "pending" | "active" | "disabled";
  first_name: string | null;
  last_name: string | null;
  phone: string | null;
  address: string | null;
  employee_id: string | null;
  kra_pin: string | null;
  branch_id: string | null;
  restaurant_id: string | null;
  is_tenant_admin: boolean;
  is_platform_admin: boolean;
  must_change_password: boolean;
  two_factor_enabled: boolean;
  picture_url: string | null;
  roles: Named[];
  permissions: string[];
  created_at: string;
  created_by: string | null;
  updated_at: string;
  updated_by: string | null;
  last_login_at: string | null;
}

export interface Session {
  id: string;
  device: { id: string; name: string; type: string };
  ip: string;
  user_agent: string;
  created_at: string;
  last_active_at: string;
  expires_at: string;
  idle_expires_at: string | null;
  amr: string[];
  current: boolean;
}

export interface SessionInfo { session: Session; user: User }

export interface Challenge {
  mfa_required: true;
  challenge_token?: string;
  expires_in: number;
  methods: string[];
}

export interface Tenant {
  id: string;
  slug: string;
  name: string;
  status: "active" | "suspended";
  plan: string | null;
  subscription_ends_at: string | null;
  max_users: number | null;
  created_at: string;
  created_by: string | null;
  updated_at: string;
  updated_by: string | null;
}

export interface Info {
  tenant: { id: string; slug: string; name: string };
  text: string;
  roles_assigned: boolean;
}

export interface SignInOptions {
  tenant: { slug: string; name: string };
  registration: "open" | "domain" | "closed";
  password_min_length: number;
  providers: Named[];
}

export interface MailedLink {
  purpose: "verify_email" | "change_email" | "password_reset";
  tenant: SignInOptions["tenant"];
  password_min_length: number;
}

export interface Attempt {
  id: string;
  tenant_id: string | null;
  user_id: string | null;
  email: string;
  ip: string;
  user_agent: string;
  device: string | null;
  created_at: string;
  success: boolean;
  reason: string;
}

export interface AuditEvent {
  id: string;
  event: string;
  actor_id: string | null;
  target_type: string;
  target_id: string | null;
  tenant_id: string | null;
  ip: string;
  request_id: string;
  created_at: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
}

export interface Role {
  id: string;
  tenant_id: string | null;
  name: string;
  description: string | null;
  permissions: string[];
  created_at: string;
  created_by: string | null;
  updated_at: string;
  updated_by: string | null;
}

export interface Permission {
  code: string;
  description: string | null;
  created_at: string;
  created_by: string | null;
}

export interface Page<T> { items: T[]; next_cursor: string | null }
