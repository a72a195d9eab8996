"""Whom we believe: roots, paths (Điều 32 NĐ 68/2024) and revocation lists (Điều 31 khoản 2)."""
