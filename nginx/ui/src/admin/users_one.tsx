// One person: who they are, what they may do, where they are signed in, and how that ends.
import { useState } from "preact/hooks";

import { get } from "../base/api";
import { displayName, may, pages } from "../base/session";
import { dateTime, t } from "../base/texts";
import type { User } from "../base/types";
import { Notice } from "../parts/feedback";
import { Await, useLoad } from "../parts/load";
import { BackTo } from "./back_to";
import type { Admin } from "./context";
import { Title } from "./title";
import { UserAccess } from "./users_access";
import { UserAttempts } from "./users_attempts";
import { UserProfile } from "./users_profile";
import { UserRoles } from "./users_roles";
import { UserSessions } from "./users_sessions";
import { Face, StatusTag } from "./users_tags";

// Of a view of one person. `set`: what the server answered with after a change.
export interface OfUser { context: Admin; user: User; set(user: User): void }

export function OneUser({ context, id }: { context: Admin; id: string }) {
  const loaded = useLoad<User>(id, () => get(`/auth/users/${encodeURIComponent(id)}`, context.query()));
  return (
    <>
      <BackTo href={context.link(["users"])}>{t("users.title")}</BackTo>
      <Await from={loaded}>{(user) => <Person {...{ context, user, set: loaded.set }} />}</Await>
    </>);
}

function Person(props: OfUser) {
  const { context, user } = props;
  const mayChange = may(context.user, "auth:users:edit");
  // How often their sessions were ended here: the list of them is read again then.
  const [ends, setEnds] = useState(0);
  const name = displayName(user);
  const me = user.id === context.user.id;
  return (
    <>
      <header class="person-head">
        <Face user={user} size={56} />
        <div>
          <Title>{name}</Title>
          <p class="tags">
            <StatusTag status={user.status} />
            {user.is_platform_admin && <span class="tag accent">{t("users.platform_admin")}</span>}
            {user.is_tenant_admin && !user.is_platform_admin && <span class="tag accent">{t("users.admin")}</span>}
            {!user.email_verified && <span class="tag warn">{t("users.unconfirmed")}</span>}
            {user.must_change_password && <span class="tag warn">{t("users.must_change")}</span>}
            <span class={user.two_factor_enabled ? "tag good" : "tag"}>
              {t(user.two_factor_enabled ? "users.second_factor_on" : "users.second_factor_off")}</span>
          </p>
        </div>
      </header>
      {me && <Notice kind="info">{t("users.me")} <a href={pages.account}>{t("nav.account")}</a></Notice>}
      <UserProfile {...props} />
      <UserRoles {...props} />
      <UserSessions key={`${user.email} ${ends}`} {...props} />
      {may(context.user, "auth:attempts:view") && <UserAttempts {...props} />}
      {(mayChange || may(context.user, "auth:users:delete")) && !me && <UserAccess {...props}
        ended={() => setEnds(ends + 1)} />}
      <p class="quiet small-text">
        {t("users.since", { created: dateTime(user.created_at), changed: dateTime(user.updated_at) })}
        {may(context.user, "auth:audit:view") && <> · <a href={context.link(["audit"], { target_id: user.id })}>
          {t("users.history")}</a></>}
      </p>
    </>);
}
