-- Rows as a program of revision 0005 wrote them, with what it filled in by itself.
INSERT INTO agency (id, path, code, name, name_fold, sort_key, abbreviation, level, kind,
has_legal_personality, has_own_seal, place_name, province, address, version) VALUES (1, '/1/',
'x', 'Xã Thử', 'xa thu', 'x', '', 'COMMUNE', 'UBND', :yes, :yes, '', '', '', 1);

INSERT INTO user_account (id, username, display_name, password_hash, must_change_password,
is_active, created_at, version) VALUES (1, 'thu', 'Thử', '-', :yes, :yes, :at, 1);

INSERT INTO certificate_chain (id, created_at) VALUES (1, :at);

INSERT INTO certificate (id, agency_id, chain_id, origin, kind, issuer, issuer_name, subject,
common_name, serial_number, not_before, not_after, expires_on, public_key_sha256, key_type,
key_bits, signature_algorithm, limits, sha256, der, sort_key, created_at, version) VALUES (1, 1,
1, 'ISSUED', 'INDIVIDUAL', 'i', 'i', 's', 'Người Thử', '01', :at, :at, :day, 'k', 'RSA', 3072,
'sha256', '', 'c', 'x', 'x', :at, 1);

INSERT INTO certificate_request (id, agency_id, kind, state, addressee, copies_to,
drafting_unit, planned_receipt_on, wet_signature, note, contact_address, signer_title,
signer_head_title, signer_collective, authority_paper, drafted_by_id, created_at,
decision_reason, sent_on, sent_channel, sent_reference, result_note, version) VALUES (1, 1,
'RENEWAL', 'SENT', 'Cục', '', 'VP', :day, :yes, '', '', '', '', '', '', 1, :at, '', :day,
'portal', 'HS-1', '', 1);

INSERT INTO request_line (id, request_id, certificate_id, chain_id, position, state, is_open,
overridden_reason, result_note) VALUES (1, 1, 1, 1, 1, 'OPEN', :yes, '', '')
