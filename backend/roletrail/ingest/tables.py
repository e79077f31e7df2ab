"""Which calls issue credentials and which are ways in: names alone, so that the hot path can tell in one look-up."""

from __future__ import annotations

ISSUING = frozenset(
    {"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "GetSessionToken", "GetFederationToken"}
)
"""sts calls that answer with a temporary credential."""

_SIGN_INS = {
    "signin.amazonaws.com": (
        "ConsoleLogin SwitchRole ExitRole RenewRole GetSigninToken CheckMfa CreateOAuth2Token CreateOAuth2TokenWithIAM "
        "AuthorizeOAuth2Access UserAuthentication CredentialChallenge CredentialVerification PasswordRecoveryRequested "
        "PasswordRecoveryCompleted"
    ),
    "sso.amazonaws.com": "GetRoleCredentials CreateToken CreateTokenWithIAM Authenticate Federate StartDeviceAuthorization RegisterClient",
    "sso-oauth.amazonaws.com": "CreateToken CreateTokenWithIAM",
    "sso-oidc.amazonaws.com": "CreateToken CreateTokenWithIAM StartDeviceAuthorization RegisterClient",
    "rolesanywhere.amazonaws.com": "CreateSession",
    "eks-auth.amazonaws.com": "AssumeRoleForPodIdentity",
    "cognito-identity.amazonaws.com": "GetCredentialsForIdentity GetOpenIdToken GetOpenIdTokenForDeveloperIdentity",
    "ssm.amazonaws.com": "RequestManagedInstanceRoleToken",
    "sts.amazonaws.com": "GetWebIdentityToken",
}
"""Ways in that issue no key we could ever see in use."""

SIGN_INS = frozenset((source, name) for source, names in _SIGN_INS.items() for name in names.split())
SIGN_IN_NAMES = frozenset(name for _, name in SIGN_INS)
